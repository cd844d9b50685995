variable "public_key" {
  description = "The public key in OpenSSH's one-line form."
  type        = string
}

resource "alicloud_ecs_key_pair" "deploy" {
  key_pair_name = "deploy-ecs"
  public_key    = var.public_key
}
