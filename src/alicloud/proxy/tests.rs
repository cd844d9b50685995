use super::*;

type Variables<'a> = &'a [(&'static str, &'a str)];

const ECS: &str = "https://ecs.cn-beijing.aliyuncs.com/";

fn of(variables: Variables<'_>, url: &str) -> Result<Option<String>, String> {
    let proxies = Proxies::with(variables);
    Ok(proxies.proxy_for(&Url::parse(url).unwrap())?.map(|proxy| proxy.url.to_string()))
}

#[test]
fn the_scheme_chooses_the_variable_and_upper_case_comes_first() {
    let both = [("HTTPS_PROXY", "http://a:1"), ("https_proxy", "http://b:2"), ("HTTP_PROXY", "http://c:3")];
    let cases: [(Variables<'_>, &str, Option<&str>); 6] = [
        (&both, ECS, Some("http://a:1/")),
        (&both[1..], ECS, Some("http://b:2/")),
        (&both, "http://ecs.aliyuncs.com/", Some("http://c:3/")),
        (&[("HTTPS_PROXY", ""), ("https_proxy", "http://b:2")], ECS, Some("http://b:2/")),
        (&[("ALL_PROXY", "socks5://d:4"), ("all_proxy", "http://d:4")], ECS, None),
        (&[("HTTP_PROXY", "http://c:3")], ECS, None),
    ];
    for (variables, url, expected) in cases {
        assert_eq!(of(variables, url), Ok(expected.map(str::to_owned)), "{variables:?} {url}");
    }
}

#[test]
fn no_proxy_has_the_forms_that_go_knows() {
    // The last says whether the request goes past the proxy.
    let cases = [
        ("*.aliyuncs.com", ECS, true),
        (".aliyuncs.com", ECS, true),
        ("aliyuncs.com", ECS, true),
        ("a.b, ALIYUNCS.com ,", ECS, true),
        ("aliyuncs.com", "https://aliyuncs.com/", true),
        (".aliyuncs.com", "https://aliyuncs.com/", false),
        ("*.aliyuncs.com", "https://aliyuncs.com/", false),
        ("yuncs.com", ECS, false),
        ("localhost aliyuncs.com", ECS, false),
        ("ecs.cn-beijing.aliyuncs.com:443", ECS, true),
        ("ecs.cn-beijing.aliyuncs.com:8443", ECS, false),
        (".aliyuncs.com:443", ECS, true),
        ("aliyuncs.com:8443", "https://ecs.aliyuncs.com:8443/", true),
        (":443", ECS, false),
        ("*", ECS, true),
        ("*", "https://10.1.2.3/", true),
        ("*", "https://[2001:db8::1]/", true),
        ("10.1.2.3", "https://10.1.2.3/", true),
        ("10.1.2.3:443", "https://10.1.2.3/", true),
        ("10.1.2.3:80", "https://10.1.2.3/", false),
        ("10.1.2.4", "https://10.1.2.3/", false),
        ("10.0.0.0/8", "https://10.1.2.3/", true),
        ("10.1.2.0/25", "https://10.1.2.128/", false),
        ("0.0.0.0/0", "https://10.1.2.3/", true),
        ("0.0.0.0/0", ECS, false),
        ("10.0.0.0/33", "https://10.1.2.3/", false),
        ("2001:db8::1", "https://[2001:db8::1]/", true),
        ("[2001:db8::1]", "https://[2001:db8::1]/", true),
        ("[2001:db8::1]:443", "https://[2001:db8::1]/", true),
        ("[2001:db8::1]:80", "https://[2001:db8::1]/", false),
        ("2001:db8::/32", "https://[2001:db8::1]/", true),
        ("::/0", "https://10.1.2.3/", false),
        ("10.0.0.0/8", "https://[::ffff:10.1.2.3]/", true),
        ("", ECS, false),
        (",, ,", ECS, false),
    ];
    for (no_proxy, url, direct) in cases {
        for name in ["NO_PROXY", "no_proxy"] {
            let proxy = of(&[("HTTPS_PROXY", "http://p:1"), (name, no_proxy)], url).unwrap();
            assert_eq!(proxy.is_none(), direct, "{name}={no_proxy:?} {url}");
        }
    }
}

#[test]
fn this_machine_is_never_reached_through_a_proxy() {
    for host in ["localhost", "LOCALHOST:81", "127.0.0.1", "127.9.9.9:8080", "[::1]:80", "[::ffff:127.0.0.1]"]
    {
        assert_eq!(of(&[("HTTP_PROXY", "http://p:1")], &format!("http://{host}/c")), Ok(None), "{host}");
    }
    for host in ["localhost.example", "128.0.0.1", "[::2]"] {
        let proxy = of(&[("HTTP_PROXY", "http://p:1")], &format!("http://{host}/c"));
        assert_eq!(proxy, Ok(Some("http://p:1/".to_owned())), "{host}");
    }
}

#[test]
fn values_are_read_as_go_reads_them() {
    let cases = [
        ("proxy:3128", "http://proxy:3128/"),
        ("proxy", "http://proxy/"),
        ("user:pw@proxy:3128", "http://user:pw@proxy:3128/"),
        ("http://user:p@ss@proxy", "http://user:p%40ss@proxy/"),
        ("http://user:p%40s%3As@proxy", "http://user:p%40s%3As@proxy/"),
        ("http://user@proxy/path?q#f", "http://user@proxy/"),
        ("https://proxy", "https://proxy/"),
        ("socks5://127.0.0.1:1080", "socks5h://127.0.0.1:1080"),
        ("SOCKS5H://u:p@ss@proxy/", "socks5h://u:p%40ss@proxy"),
        ("http://[2001:db8::1]:3128", "http://[2001:db8::1]:3128/"),
    ];
    for (value, expected) in cases {
        assert_eq!(of(&[("HTTPS_PROXY", value)], ECS), Ok(Some(expected.to_owned())), "{value}");
    }
}

#[test]
fn a_value_that_cannot_be_used_is_an_error_that_names_the_variable_and_no_secret() {
    let space = "has a space or a control character in it";
    let invalid = "is not the address of a proxy, such as http://host:port";
    let cases = [
        (" http://u:secret@proxy:1", space),
        ("http://u:secret@proxy:1\n", space),
        ("http://u:sec ret@proxy:1", space),
        ("::::", invalid),
        ("http://", invalid),
        ("http://u:secret@", invalid),
        ("http://u:secret%zz@proxy", invalid),
        ("http://u:secret@proxy:99999", invalid),
        ("socks5://", invalid),
        (
            "socks4://u:secret@proxy",
            "has the scheme \"socks4\"; proxies of http, https, socks5 and socks5h work",
        ),
    ];
    for (value, why) in cases {
        let expected = Err(format!("the environment variable https_proxy {why}"));
        assert_eq!(of(&[("https_proxy", value)], ECS), expected, "{value:?}");
    }
    assert_eq!(of(&[("HTTPS_PROXY", "::::"), ("NO_PROXY", "*")], ECS), Ok(None), "not used");
}

#[test]
fn the_proxy_is_named_without_its_password() {
    let proxies = Proxies::with(&[("HTTPS_PROXY", "socks5://user:secret@proxy.local:3128")]);
    assert_eq!(proxies.of(&Url::parse(ECS).unwrap()).as_deref(), Some("socks5://proxy.local:3128"));
}

proptest::proptest! {
    #[test]
    fn no_value_makes_it_panic(proxy: String, list: String, host in "[a-z0-9.:\\[\\]]{1,20}") {
        let url = Url::parse(&format!("https://{host}/"));
        if let Ok(url) = url {
            drop(Proxies::with(&[("HTTPS_PROXY", &proxy), ("NO_PROXY", &list)]).proxy_for(&url));
        }
    }
}

#[test]
fn a_value_that_is_not_text_is_an_error_that_names_the_variable() {
    let why = "the environment variable https_proxy is not text (UTF-8)";
    assert_eq!(of(&[("https_proxy", "\u{fffd}")], ECS), Err(why.to_owned()));
}
