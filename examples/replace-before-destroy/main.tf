# Another public_key replaces the key pair. With create_before_destroy the new one is made while the
# old one is still there, so the two need different names: key_name_prefix makes them.

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

resource "alicloud_key_pair" "web" {
  key_name_prefix = "web-"
  public_key      = var.public_key

  lifecycle {
    create_before_destroy = true
  }
}

output "key_pair_name" {
  description = "The name that was made, for the instances that use it."
  value       = alicloud_key_pair.web.key_pair_name
}
