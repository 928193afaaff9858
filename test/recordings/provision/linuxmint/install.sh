{
export PATH="$PATH:/usr/sbin:/usr/local/sbin"
command -v curl >/dev/null 2>&1 || { apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=180 -y -q install --no-install-recommends curl ca-certificates; }
script=$(mktemp)
if curl -fsSL --connect-timeout 10 -o "$script" https://get.docker.com && [ -s "$script" ]; then
  sh "$script" || { apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=180 -y -q install --no-install-recommends docker.io iptables $(apt-cache show docker-cli >/dev/null 2>&1 && echo docker-cli); }
else
  { apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=180 -y -q install --no-install-recommends docker.io iptables $(apt-cache show docker-cli >/dev/null 2>&1 && echo docker-cli); }
fi
rm -f "$script"
command -v dockerd || :
} </dev/null
