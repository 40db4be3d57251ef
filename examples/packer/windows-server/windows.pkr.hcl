source "azure-arm" "windows" {
  use_azure_cli_auth = true
  os_type            = "Windows"
  image_publisher    = "MicrosoftWindowsServer"
  image_offer        = "WindowsServer"
  image_sku          = "2022-datacenter-g2"
  location           = "westeurope"
  vm_size            = "Standard_D2ds_v4"

  communicator   = "winrm"
  winrm_use_ssl  = true
  winrm_insecure = true
  winrm_timeout  = "5m"
  winrm_username = "packer"

  managed_image_name                = "packer-windows"
  managed_image_resource_group_name = "golden-images"
}

build {
  sources = ["source.azure-arm.windows"]

  provisioner "powershell" {
    environment_vars = ["FEATURES=Web-Server"]
    inline           = ["# simulate: prints installed", "Install-WindowsFeature -Name $env:FEATURES"]
    valid_exit_codes = [0, 3010]
  }
  provisioner "file" {
    source      = "scripts/settings.json"
    destination = "C:\\settings.json"
  }
  provisioner "windows-update" {
    search_criteria = "IsInstalled=0"
    filters         = ["exclude:$_.Title -like '*Preview*'", "include:$true"]
    update_limit    = 25
  }
  provisioner "windows-restart" {
    restart_timeout       = "10m"
    restart_check_command = "powershell -command \"& {Write-Output 'restarted.'}\""
  }
  provisioner "powershell" {
    script            = "scripts/setup.ps1"
    elevated_user     = "SYSTEM"
    elevated_password = ""
    max_retries       = 1
    pause_before      = "1s"
  }
  provisioner "powershell" {
    inline = [
      "while ((Get-Service RdAgent).Status -ne 'Running') { Start-Sleep -s 5 }",
      "& $env:SystemRoot\\System32\\Sysprep\\Sysprep.exe /oobe /generalize /quiet /quit /mode:vm",
      "while ($true) { $state = (Get-ItemProperty HKLM:\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Setup\\State).ImageState; if ($state -eq 'IMAGE_STATE_GENERALIZE_RESEAL_TO_OOBE') { break }; Start-Sleep -s 10 }",
    ]
  }
}
