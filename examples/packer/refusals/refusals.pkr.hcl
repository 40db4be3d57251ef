locals {
  version = formatdate("YYYY.MM.DD", timestamp())
}

source "azure-arm" "refusals" {
  use_azure_cli_auth = true
  os_type            = "Linux"
  image_publisher    = "Debian"
  image_offer        = "debian-12"
  image_sku          = "12-gen2"
  location           = "westeurope"
  managed_image_name = "packer-refusals-{{isotime `20060102`}}"
  managed_image_resource_group_name = "golden-images"

  keep_os_disk     = true
  custom_data_file = "cloud-init.yml"
  spot {
    eviction_policy = "Deallocate"
  }
  colour = "blue"
}

build {
  sources = ["source.azure-arm.refusals"]

  provisioner "shell-local" {
    inline = ["echo on the host"]
  }
  provisioner "ansible" {
    playbook_file = "site.yml"
  }
  provisioner "shell" {
    inline  = ["echo ${local.version} > /opt/version"]
    flavour = "sweet"
  }
  provisioner "file" {
    direction   = "download"
    source      = "/opt/version"
    destination = "version"
  }
  provisioner "breakpoint" {
  }
  provisioner "shell" {
    inline = ["cat /opt/version"]
  }

  error-cleanup-provisioner "shell-local" {
    inline = ["echo failed"]
  }
  post-processor "manifest" {
    output = "manifest.json"
  }
}
