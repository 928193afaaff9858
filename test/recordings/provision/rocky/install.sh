{
export PATH="$PATH:/usr/sbin:/usr/local/sbin"
command -v curl >/dev/null 2>&1 || { $(command -v dnf || command -v yum) install -y curl; }
script=$(mktemp)
if curl -fsSL --connect-timeout 10 -o "$script" https://get.docker.com && [ -s "$script" ]; then
  sh "$script" || { curl -fsSL https://download.docker.com/linux/centos/docker-ce.repo -o /etc/yum.repos.d/docker-ce.repo &&
    $(command -v dnf || command -v yum) install -y docker-ce docker-ce-cli containerd.io || $(command -v dnf || command -v yum) install -y docker; }
else
  { curl -fsSL https://download.docker.com/linux/centos/docker-ce.repo -o /etc/yum.repos.d/docker-ce.repo &&
    $(command -v dnf || command -v yum) install -y docker-ce docker-ce-cli containerd.io || $(command -v dnf || command -v yum) install -y docker; }
fi
rm -f "$script"
command -v dockerd || :
} </dev/null
