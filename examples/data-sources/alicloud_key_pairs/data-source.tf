data "alicloud_key_pairs" "platform" {
  name_regex = "^web-"

  tags = {
    team = "platform"
  }
}

output "not_used_by_any_instance" {
  value = [
    for pair in data.alicloud_key_pairs.platform.pairs : pair.key_pair_name
    if length(pair.instances) == 0
  ]
}
