use super::*;

const NAMES: [&str; 20] = [
    "web",
    "web-1",
    "Web_2",
    "db:main",
    "prod.eu",
    "a{2}b",
    "aab",
    "密钥对",
    "ключ٣",
    "x y",
    "a^b",
    "[k]",
    "a-b&&c",
    "é",
    "K",
    "a\\d",
    "w--z",
    "A<B>",
    "tab\there",
    "",
];

/// Expressions, and which of the names each finds, by Go's own implementation.
#[rustfmt::skip]
const FOUND: &[(&str, &[usize])] = &[
    ("^web", &[0, 1]),
    ("web$", &[0]),
    ("^web-[0-9]$", &[1]),
    ("(?i)^WEB", &[0, 1, 2]),
    ("db|prod", &[3, 4]),
    (r"\d", &[1, 2, 5]),
    (r"^\D+$", &[0, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18]),
    (r"^\w+$", &[0, 2, 6, 14]),
    (r"\W", &[1, 3, 4, 5, 7, 8, 9, 10, 11, 12, 13, 15, 16, 17, 18]),
    (r"\s", &[9, 18]),
    (r"^\S+$", &[0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12, 13, 14, 15, 16, 17]),
    (r"\b1\b", &[1]),
    (r"b\B", &[2]),
    (r"[\d:]", &[1, 2, 3, 5]),
    (r"[^\w]", &[1, 3, 4, 5, 7, 8, 9, 10, 11, 12, 13, 15, 16, 17, 18]),
    (r"[\W\d]", &[1, 2, 3, 4, 5, 7, 8, 9, 10, 11, 12, 13, 15, 16, 17, 18]),
    (r"\Qa{2}b\E", &[5]),
    (r"\Q.\E", &[4]),
    (r"\Qa^", &[10]),
    (r"^\101", &[17]),
    (r"\x41", &[17]),
    (r"\x{5bc6}", &[7]),
    ("a{2}b", &[6]),
    ("^a{,5}", &[]),
    ("a{", &[5]),
    ("a{2", &[5]),
    ("}b", &[5]),
    ("^a{2}{", &[]),
    ("[[:alpha:]]{3}", &[0, 1, 2, 3, 4, 6, 18]),
    ("^[[:^alpha:]]", &[7, 8, 11, 13]),
    ("[[:word:]]-", &[1, 12, 16]),
    ("[a[]k", &[11]),
    ("[]k]{2}", &[11]),
    ("[^]a-z]", &[1, 2, 3, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18]),
    ("[a&&b]-", &[1, 12]),
    ("a[-]b", &[12]),
    ("[+--]b", &[12]),
    (r"\p{Han}", &[7]),
    (r"\p{^Han}", &[0, 1, 2, 3, 4, 5, 6, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18]),
    (r"\P{Cyrillic}", &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18]),
    (r"\pL\d", &[]),
    ("(?i)k", &[11, 14]),
    (".y", &[9]),
    ("^.$", &[13, 14]),
    ("^$", &[19]),
    (r"\Aweb\z", &[0]),
    ("(?P<n>a)a", &[6]),
    ("(?<n>a)a", &[6]),
    (r"(?:a|b)\^", &[10]),
    (r"\_", &[2]),
    (r"\<B\>", &[17]),
    (r"\-\-", &[16]),
    ("w.*?1", &[1]),
    ("(?U)w.*", &[0, 1, 16]),
    (r"(?s).+\t", &[18]),
    (r"a\\d", &[15]),
    (r"[\x{430}-\x{44f}]", &[8]),
    (r"\a|\f|\v|\n|\r|\t", &[18]),
    ("(?m)^web$", &[0]),
    ("[a-b-c]&", &[12]),
    (r"[\-\]]", &[1, 11, 12, 16]),
    ("é", &[13]),
    ("[[:digit:][:space:]]", &[1, 2, 5, 9, 18]),
    (r"\08", &[]),
    ("(?P<n>a)(?P<n>b)", &[6, 18]),
];

#[test]
fn expressions_find_what_they_find_in_go() {
    for (pattern, expected) in FOUND {
        let regex = compile(pattern).unwrap_or_else(|error| panic!("{pattern}: {error}"));
        let found: Vec<usize> =
            NAMES.iter().enumerate().filter_map(|(n, name)| regex.is_match(name).then_some(n)).collect();
        assert_eq!(found, *expected, "{pattern}");
    }
    assert!(FOUND.len() >= 40);
}

#[test]
fn what_go_refuses_is_refused() {
    for pattern in [
        "(",
        "[",
        "[a",
        ")",
        r"\",
        "*a",
        "{2}b",
        r"\1",
        r"\7",
        r"\y",
        r"\Z",
        r"\C",
        r"[\Q^\E]",
        "(?=a)",
        "(?<!a)b",
        "[z-a]",
        "a{3,2}",
        "(?x)a",
        r"\p{Nope}",
        "[[:nope:]]",
        r"\x{110000}",
        r"\xZ",
        r"\p",
        "(?",
        "(?P<n",
        r"\x{",
    ] {
        assert!(compile(pattern).is_err(), "{pattern}");
    }
    assert_eq!(compile("(((((a{900}){900}){900}){900}){900})").unwrap_err(), "it is too large");
}

proptest::proptest! {
    #[test]
    fn no_expression_makes_it_panic(pattern: String, tricky in r"[\\\[\]{}()?^:,<>PQEpxabd0-9.*+|&~-]{0,24}") {
        let _ = compile(&pattern);
        let _ = compile(&tricky);
    }
}
