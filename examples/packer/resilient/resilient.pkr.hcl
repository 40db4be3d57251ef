variables {
  wait = "1s"
}

source "azure-arm" "resilient" {
  use_azure_cli_auth = true
  os_type            = "Linux"
  image_publisher    = "Debian"
  image_offer        = "debian-12"
  image_sku          = "12-gen2"
  location           = "westeurope"
  managed_image_name = "packer-resilient"
  managed_image_resource_group_name = "golden-images"
}

build {
  sources = ["source.azure-arm.resilient"]

  provisioner "shell" {
    pause_before     = var.wait
    max_retries      = 3
    timeout          = "2m"
    valid_exit_codes = [0, 42]
    inline_shebang   = "/bin/bash -eu"
    environment_vars = ["NOTE=it's \"quoted\" $HOME", "script=of my own", "code=7"]
    inline = [
      "mkdir -p /opt/resilient; echo try >> /opt/resilient/tries",
      "[[ $(wc -l < /opt/resilient/tries) -ge 3 ]]",
      "printf '%s %s\\n' \"$NOTE\" \"$script $code\" > /opt/resilient/note",
      "exit 42",
    ]
  }
  provisioner "shell" {
    expect_disconnect = true
    pause_after       = "1s"
    scripts           = ["scripts/reboot.sh"]
  }
  provisioner "shell" {
    inline = ["cat /opt/resilient/*"]
  }
}
