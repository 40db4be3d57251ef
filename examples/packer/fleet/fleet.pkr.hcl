variable "group" {
  default = "golden-images"
}

locals {
  roles = {
    api    = { port = 8080, checks = ["live", "ready"] }
    worker = { port = 9090, checks = [] }
  }
}

source "azure-arm" "base" {
  use_azure_cli_auth = true
  os_type            = "Linux"
  image_publisher    = "Debian"
  image_offer        = "debian-12"
  image_sku          = "12-gen2"
  location           = "westeurope"

  managed_image_resource_group_name = var.group
}

source "amazon-ebs" "base" {
  ami_name = "fleet"
}

build {
  source "azure-arm.base" {
    name               = "api"
    managed_image_name = "fleet-api"
    vm_size            = "Standard_D2ds_v4"
  }
  source "azure-arm.base" {
    name               = "worker"
    managed_image_name = "fleet-worker"
    azure_tag {
      name  = "role"
      value = "worker"
    }
  }
  source "amazon-ebs.base" {
    name = "aws"
  }

  dynamic "provisioner" {
    for_each = ["first", "second"]
    iterator = turn
    labels   = ["shell"]
    content {
      inline = ["mkdir -p /opt/fleet", "echo ${turn.key}-${turn.value} ${source.name} >> /opt/fleet/turns"]
    }
  }

  provisioner "shell" {
    only   = ["azure-arm.api"]
    inline = [for check in local.roles["api"].checks : "echo ${check}:${local.roles.api.port} >> /opt/fleet/checks"]
  }

  provisioner "shell" {
    except = ["azure-arm.api", "amazon-ebs.aws"]
    inline = ["echo ${length(local.roles.worker.checks) == 0 ? "unchecked" : "checked"} > /opt/fleet/checks"]
  }

  provisioner "shell" {
    inline = ["grep . /opt/fleet/*"]
  }
}
