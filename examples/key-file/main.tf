# A key that is made for this key pair. Its private half is written to a file on this machine, which
# only you can read; keep that file out of version control.

terraform {
  required_providers {
    alicloud = {
      source  = "alikeys/alicloud"
      version = "~> 0.1"
    }
  }
}

resource "alicloud_key_pair" "bastion" {
  key_pair_name = "bastion"
  key_file      = "${path.root}/bastion.pem"
}

output "log_in_with" {
  description = "How to use the key once an instance carries the key pair."
  value       = "ssh -i ${alicloud_key_pair.bastion.key_file} root@ADDRESS"
}
