terraform {
  required_providers {
    alicloud = {
      source = "alikeys/alicloud"
    }
  }
}
