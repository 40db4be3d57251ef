source "azure-arm" "again" {
  use_azure_cli_auth                       = true
  os_type                                  = "Linux"
  location                                 = "westeurope"
  custom_managed_image_name                = "PACKER-LEGACY"
  custom_managed_image_resource_group_name = "golden-images"
  managed_image_name                       = "packer-again"
  managed_image_resource_group_name        = "golden-images"
}

build {
  sources = ["source.azure-arm.again"]
  provisioner "shell" {
    inline = ["cat /opt/legacy/two"]
  }
}
