packer {
  required_plugins {
    azure = {
      source  = "github.com/hashicorp/azure"
      version = "~> 2"
    }
  }
}

locals {
  tags = merge(var.tags, { os = "ubuntu-24.04", built_by = "packer" })
  motd = <<-MOTD
    %{for name in var.packages~}
    - ${upper(name)}
    %{endfor~}
    Welcome to ${var.image_name}.
  MOTD
}

source "azure-arm" "web" {
  client_id       = "00000000-0000-0000-0000-0000000000aa"
  client_secret   = var.client_secret
  tenant_id       = "00000000-0000-0000-0000-0000000000bb"
  subscription_id = "10ca1a2e-0000-4000-8000-000000000001"

  os_type         = "Linux"
  image_publisher = "Canonical"
  image_offer     = "ubuntu-24_04-lts"
  image_sku       = "server"

  location        = var.location
  vm_size         = "Standard_D2ds_v4"
  os_disk_size_gb = 40
  azure_tags      = local.tags

  managed_image_name                = "${var.image_name}-24"
  managed_image_resource_group_name = "golden-images"

  ssh_username = "packer"
  ssh_timeout  = "10m"
}

build {
  name    = "web"
  sources = ["source.azure-arm.web"]

  provisioner "shell" {
    environment_vars = ["MOTD=${local.motd}", "PACKAGES=${join(" ", var.packages)}"]
    execute_command  = "chmod +x {{ .Path }}; {{ .Vars }} sudo -E sh '{{ .Path }}'"
    inline = [
      "mkdir -p /opt/web",
      "printf '%s' \"$MOTD\" > /opt/web/motd",
      "[ -n \"$PACKAGES\" ] && [ -s /opt/web/motd ]",
      "for package in $PACKAGES; do echo \"would install $package\" >> /opt/web/packages; done",
    ]
  }

  provisioner "shell" {
    script          = "${path.root}/scripts/configure.sh"
    env             = { "SITE" = "https://<site>/${source.name}" }
    execute_command = "sudo -E bash -eu '{{ .Path }}'"
  }

  provisioner "shell" {
    environment_vars = ["LAST=all"]
    execute_command  = "chmod +x {{ .Path }}; echo 'packer' | sudo -S sh -c '{{ .Vars }} {{ .Path }}'"
    inline           = ["cat /opt/web/*", "echo last of $LAST", "/usr/sbin/waagent -force -deprovision+user && export HISTSIZE=0 && sync"]
    inline_shebang   = "/bin/sh -x"
  }
}
