resource "alicloud_key_pair" "deploy" {
  key_pair_name = "deploy"
  public_key    = trimspace(file("${path.module}/deploy.pub"))

  tags = {
    team = "platform"
  }
}
