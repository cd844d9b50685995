data "alicloud_key_pair" "deploy" {
  key_pair_name = "deploy"
}

output "instances_with_the_deploy_key" {
  value = data.alicloud_key_pair.deploy.instance_ids
}
