param([string]$Name = "site")
Get-Item C:\settings.json
Set-ItemProperty HKLM:\SOFTWARE\Example -Name $Name -Value 1
