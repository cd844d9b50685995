# A key that is made elsewhere, and whose public half is given to each run:
#   terraform apply -var "public_key=$(cat ~/.ssh/id_rsa.pub)"

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

resource "alicloud_key_pair" "operators" {
  key_pair_name = "operators"
  public_key    = var.public_key

  timeouts {
    create = "2m"
    delete = "2m"
  }
}

output "fingerprint" {
  description = "As the console shows it."
  value       = alicloud_key_pair.operators.finger_print
}
