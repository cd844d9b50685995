variable "instance_ids" {
  description = "The instances that the key pair is to open; running ones are rebooted."
  type        = set(string)
  default     = ["i-bp1a1b2c3d4e5f6g7h8i"]
}

resource "alicloud_ecs_key_pair_attachment" "deploy" {
  key_pair_name = "deploy"
  instance_ids  = var.instance_ids
  force         = true
}
