terraform import alicloud_ecs_key_pair.deploy deploy-ecs
