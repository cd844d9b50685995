terraform import alicloud_ecs_key_pair_attachment.deploy 'deploy:["i-bp1a1b2c3d4e5f6g7h8i"]'
