//! A provider block with everything that the official provider takes.

use crate::harness::acceptance;

const CONFIG: &str =
    "resource \"alicloud_key_pair\" \"k\" {\n  key_pair_name = \"web\"\n  public_key = local.a\n}\n";

#[test]
fn a_block_that_was_written_for_the_official_provider_works() {
    acceptance(|case| {
        let url = case.simulator.url();
        case.set_provider(&format!(
            r#"
  region                  = "cn-hangzhou"
  account_id              = "{account}"
  account_type            = "Domestic"
  protocol                = "HTTP"
  client_read_timeout     = 60000
  client_connect_timeout  = 60000
  max_retry_timeout       = 30
  source_ip               = "192.0.2.1"
  secure_transport        = "true"
  configuration_source    = "a-test/of-everything"
  skip_region_validation  = true
  shared_credentials_file = "~/.aliyun/config.json"

  endpoints {{
    ecs = {host:?}
    sts = {host:?}
    vpc = "vpc.example"
    oss = "oss.example"
  }}

  sign_version {{
    oss = "v4"
  }}

  features {{
    ecs_instance {{
      replace_on_image_update = true
    }}
  }}
"#,
            host = url.trim_start_matches("http://"),
            account = case.simulator.account(),
        ));
        let plan = case.step(CONFIG, &[("alicloud_key_pair.k", "create")]);
        assert!(plan.warnings().is_empty(), "{:?}", plan.warnings());
        // STS is asked all the same: account_id is a check, and the answer only where STS cannot be reached.
        // Once by the create, and once by the refresh, which is another process.
        assert_eq!(case.simulator.count("GetCallerIdentity"), 2);
        for call in case.simulator.calls() {
            assert_eq!(call.parameters["SourceIp"], "192.0.2.1");
            assert_eq!(call.parameters["SecureTransport"], "true");
            assert!(call.user_agent.ends_with(" a-test/of-everything"), "{}", call.user_agent);
        }
    });
}

#[test]
fn what_has_no_effect_and_what_is_unusual_is_told() {
    acceptance(|case| {
        case.set_provider(&format!("region = \"cn-hangzou\"\nfc = \"x\"\n{}", case.endpoints()));
        case.simulator.world(|world| world.regions.insert("cn-hangzou".to_owned()));
        case.write("data \"alicloud_key_pairs\" \"all\" {\n}\n");
        let plan = case.plan();
        let warnings = plan.warnings();
        assert!(warnings.iter().any(|it| it.summary == "The argument fc is deprecated"), "{warnings:?}");
        let found = warnings.iter().find(|it| it.summary.contains("cn-hangzou"));
        found.unwrap().says(
            "The region \"cn-hangzou\" is not known",
            "region",
            &["Perhaps cn-hangzhou is meant."],
        );
        case.write("");
    });
}
