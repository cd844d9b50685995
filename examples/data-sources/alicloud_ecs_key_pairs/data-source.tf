data "alicloud_ecs_key_pairs" "web" {
  name_regex  = "^web-"
  output_file = "${path.root}/key-pairs.json"
}

output "fingerprints" {
  value = { for pair in data.alicloud_ecs_key_pairs.web.pairs : pair.key_pair_name => pair.finger_print }
}
