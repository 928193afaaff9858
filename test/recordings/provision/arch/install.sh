{
export PATH="$PATH:/usr/sbin:/usr/local/sbin"
command -v curl >/dev/null 2>&1 || { pacman -Sy --noconfirm --noprogressbar curl; }
script=$(mktemp)
if curl -fsSL --connect-timeout 10 -o "$script" https://get.docker.com && [ -s "$script" ]; then
  sh "$script" || { pacman -Sy --noconfirm --noprogressbar docker; }
else
  { pacman -Sy --noconfirm --noprogressbar docker; }
fi
rm -f "$script"
command -v dockerd || :
} </dev/null
