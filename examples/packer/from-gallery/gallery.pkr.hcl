source "azure-arm" "patched" {
  use_azure_cli_auth = true
  os_type            = "Linux"
  location           = "westeurope"

  shared_image_gallery {
    subscription   = "10ca1a2e-0000-4000-8000-000000000001"
    resource_group = "golden-images"
    gallery_name   = "golden"
    image_name     = "debian-12"
  }

  shared_image_gallery_destination {
    resource_group = "golden-images"
    gallery_name   = "golden"
    image_name     = "debian-12"
    image_version  = "1.1.0"
    target_region {
      name     = "westeurope"
      replicas = 2
    }
    use_shallow_replication = false
  }
  shared_gallery_image_version_exclude_from_latest = true
  disk_additional_size                             = [16]
}

build {
  sources = ["source.azure-arm.patched"]
  provisioner "shell" {
    inline = ["cat /opt/legacy/one && echo patched > /opt/legacy/patched", "cat /opt/legacy/*"]
  }
}
