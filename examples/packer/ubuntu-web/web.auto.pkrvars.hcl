image_name = "packer-web"
tags = {
  team = "web"
}
