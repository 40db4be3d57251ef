# Ansible, Puppet and Chef in the machine. So that this builds anywhere, the tools are stand-ins that show what they got.
source "azure-arm" "configured" {
  use_azure_cli_auth                = true
  os_type                           = "Linux"
  image_publisher                   = "Debian"
  image_offer                       = "debian-12"
  image_sku                         = "12-gen2"
  location                          = "westeurope"
  managed_image_name                = "packer-configured"
  managed_image_resource_group_name = "golden-images"
}

build {
  sources = ["source.azure-arm.configured"]

  provisioner "shell" {
    inline = [
      "for tool in ansible-playbook puppet chef-solo; do",
      "  printf '#!/bin/sh\\necho \"$(basename $0) $*\"; find . -type f | sort; env | grep FACTER_ || true\\n' > /usr/local/bin/$tool",
      "  chmod +x /usr/local/bin/$tool",
      "done",
      "echo 'exit 2' >> /usr/local/bin/puppet",
    ]
  }
  provisioner "ansible-local" {
    playbook_file           = "ansible/site.yml"
    role_paths              = ["ansible/tasks"]
    extra_arguments         = ["--tags", "base"]
    clean_staging_directory = true
  }
  provisioner "puppet-masterless" {
    manifest_file = "puppet/site.pp"
    module_paths  = ["puppet/modules"]
    facter        = { role = "web" }
  }
  provisioner "chef-solo" {
    cookbook_paths = ["chef/cookbooks"]
    run_list       = ["recipe[base]"]
    json           = { greeting = "hello" }
    skip_install   = true
  }
}
