//! What the README says of installing the provider, and the configuration that it prints.

use std::path::Path;

use crate::harness::acceptance;

/// The blocks of this language in the README.
fn readme_blocks(language: &str) -> Vec<String> {
    let readme = std::fs::read_to_string(xtask::project_root().join("README.md")).unwrap();
    let fence = format!("```{language}\n");
    readme.split(fence.as_str()).skip(1).map(|rest| rest.split("\n```").next().unwrap().to_owned()).collect()
}

#[test]
fn the_configuration_in_the_readme_works_with_an_installed_provider() {
    acceptance(|case| {
        let plugins =
            xtask::install::plugin_directory(|name| (name == "HOME").then(|| case.home("").into_os_string()));
        let provider = Path::new(env!("CARGO_BIN_EXE_terraform-provider-alicloud"));
        xtask::install::install(provider, &plugins.unwrap()).unwrap();
        // With no CLI configuration at all, as the README has it.
        let empty = case.write_home("empty.tfrc", "");
        case.set_env("TF_CLI_CONFIG_FILE", empty.display().to_string());
        case.set_env("ALIBABA_CLOUD_ENDPOINT_ECS", case.simulator.url());
        case.set_env("ALIBABA_CLOUD_ENDPOINT_STS", case.simulator.url());
        for file in ["provider.tf", "keys.tf"] {
            std::fs::remove_file(case.path(file)).unwrap();
        }
        let blocks = readme_blocks("terraform");
        let [configuration] = blocks.as_slice() else { panic!("{blocks:?}") };
        // The harness has another directory for private keys, since it searches this one for them.
        let key = case.key_path("web.pem");
        let configuration = configuration.replace("${path.root}/web.pem", &key.display().to_string());
        case.write(&configuration);
        case.run(&["init", "-input=false"]).succeeded();
        case.run(&["apply", "-auto-approve", "-json"]).succeeded();
        assert!(key.exists());
        let plan = case.run(&["plan", "-json", "-detailed-exitcode"]);
        assert_eq!(plan.code, Some(0), "{plan}");
        case.run(&["destroy", "-auto-approve", "-json"]).succeeded();
    });
}
