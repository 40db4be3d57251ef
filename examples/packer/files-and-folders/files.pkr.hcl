source "azure-arm" "files" {
  use_azure_cli_auth                = true
  os_type                           = "Linux"
  image_publisher                   = "Debian"
  image_offer                       = "debian-12"
  image_sku                         = "12-gen2"
  location                          = "westeurope"
  managed_image_name                = "packer-files"
  managed_image_resource_group_name = "golden-images"
}

build {
  sources = ["azure-arm.files"]

  # The folder itself, then what is in it.
  provisioner "file" {
    source      = "app"
    destination = "/opt"
  }
  provisioner "file" {
    source      = "app/"
    destination = "/srv/app"
  }
  provisioner "file" {
    content     = templatefile("app.conf.tpl", { port = 8443, hosts = ["a", "b"] })
    destination = "/etc/app.conf"
  }
  provisioner "file" {
    sources     = ["app/conf/one.conf", "app/conf/two.conf"]
    destination = "/tmp/"
  }
  provisioner "file" {
    source      = "app/bin/tool"
    destination = "/usr/local/bin/tool"
    max_retries = 2
    timeout     = "5m"
  }
  provisioner "shell" {
    inline = [
      "find /opt/app /srv/app /etc/app.conf /tmp/one.conf /tmp/two.conf -type f | sort | xargs sha256sum",
      "/usr/local/bin/tool",
      "test -x /srv/app/bin/tool && test ! -x /srv/app/conf/one.conf",
      "cat /etc/app.conf",
    ]
  }
}
