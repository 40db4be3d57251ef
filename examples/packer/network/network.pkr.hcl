source "azure-arm" "inside" {
  use_azure_cli_auth = true
  os_type            = "Linux"
  image_publisher    = "Debian"
  image_offer        = "debian-12"
  image_sku          = "12-gen2"

  build_resource_group_name              = "packer-staging"
  virtual_network_name                   = "corporate"
  virtual_network_resource_group_name    = "golden-images"
  virtual_network_subnet_name            = "builds"
  private_virtual_network_with_public_ip = false
  user_assigned_managed_identities = [
    "/subscriptions/10ca1a2e-0000-4000-8000-000000000001/resourceGroups/golden-images/providers/Microsoft.ManagedIdentity/userAssignedIdentities/image-builder",
  ]
  azure_tags = { environment = "prod" }

  managed_image_name                = "packer-inside"
  managed_image_resource_group_name = "golden-images"
}

build {
  sources = ["source.azure-arm.inside"]
  provisioner "shell" {
    inline = ["echo inside > /opt/inside", "cat /opt/inside"]
  }
}
