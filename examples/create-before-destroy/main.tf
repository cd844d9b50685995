# Another public_key replaces the key pair. With create_before_destroy on the key pair and on its
# attachment, the instances get the new key pair before the old one is deleted, and are never without
# one. Both key pairs exist for a moment, so they need different names: key_name_prefix makes them.

terraform {
  required_providers {
    alicloud = {
      source = "alikeys/alicloud"
    }
  }
}

variable "public_key" {
  description = "The public key, as one line: type base64 [comment]."
  type        = string
}

variable "instance_ids" {
  description = "The instances that log in with the key."
  type        = set(string)
  default     = ["i-bp67acfmxazb4ph00001"]
}

resource "alicloud_key_pair" "web" {
  key_name_prefix = "web-"
  public_key      = var.public_key

  lifecycle {
    create_before_destroy = true
  }
}

resource "alicloud_key_pair_attachment" "web" {
  key_pair_name = alicloud_key_pair.web.key_pair_name
  instance_ids  = var.instance_ids

  lifecycle {
    create_before_destroy = true
  }
}

output "key_pair_name" {
  description = "The name that was made, for the instances that use it."
  value       = alicloud_key_pair.web.key_pair_name
}
