import {
  to = alicloud_key_pair.deploy
  id = "deploy"
}
