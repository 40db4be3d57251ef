port = ${port}
%{ for host in hosts ~}
host = ${host}
%{ endfor ~}
