//! The regions that are known, so that a misspelt one is told before anything is asked of it.

/// As the official tools of the year 2026 list them. New regions open, so that one is not in here proves nothing.
const KNOWN: [&str; 48] = [
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-south-1",
    "ap-southeast-1",
    "ap-southeast-2",
    "ap-southeast-3",
    "ap-southeast-5",
    "ap-southeast-6",
    "ap-southeast-7",
    "ap-southeast-8",
    "cn-beijing",
    "cn-beijing-finance-1",
    "cn-beijing-finance-1-pub",
    "cn-chengdu",
    "cn-fuzhou",
    "cn-guangzhou",
    "cn-hangzhou",
    "cn-hangzhou-finance",
    "cn-heyuan",
    "cn-heyuan-acdr-1",
    "cn-hongkong",
    "cn-huhehaote",
    "cn-hzfinance",
    "cn-hzjbp",
    "cn-nanjing",
    "cn-north-2-gov-1",
    "cn-qingdao",
    "cn-shanghai",
    "cn-shanghai-finance-1",
    "cn-shanghai-finance-1-pub",
    "cn-shenzhen",
    "cn-shenzhen-finance",
    "cn-shenzhen-finance-1",
    "cn-szfinance",
    "cn-wuhan-lr",
    "cn-wulanchabu",
    "cn-zhangjiakou",
    "cn-zhengzhou-jva",
    "cn-zhongwei",
    "eu-central-1",
    "eu-west-1",
    "me-central-1",
    "me-east-1",
    "na-south-1",
    "rus-west-1",
    "us-east-1",
    "us-southeast-1",
    "us-west-1",
];

/// Whether the region was known when this was written.
pub(super) fn is_known(region: &str) -> bool {
    KNOWN.contains(&region)
}

/// The known region whose name is most like `region`, if one is.
pub(super) fn most_like(region: &str) -> Option<&'static str> {
    let wanted = region.to_ascii_lowercase();
    let (distance, known) = KNOWN.iter().map(|known| (strsim::levenshtein(&wanted, known), *known)).min()?;
    (distance <= 2).then_some(known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_region_is_told_from_a_new_one() {
        assert!(is_known("cn-hangzhou") && is_known("eu-central-1") && !is_known("cn-hangzou"));
        for (region, like) in [
            ("cn-hangzou", Some("cn-hangzhou")),
            ("cn-bejing", Some("cn-beijing")),
            ("CN-Shanghai", Some("cn-shanghai")),
            ("ap-southeast-11", Some("ap-southeast-1")),
            ("mars-north-1", None),
            ("", None),
        ] {
            assert_eq!(most_like(region), like, "{region}");
        }
    }
}
