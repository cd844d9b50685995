terraform {
  required_providers {
    alicloud = {
      source = "alikeys/alicloud"
    }
  }
}

# The access key comes from ALICLOUD_ACCESS_KEY and ALICLOUD_SECRET_KEY.
provider "alicloud" {
  region = "cn-hangzhou"
}
