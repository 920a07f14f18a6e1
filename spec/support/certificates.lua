-- Certificates for the specs, made when a spec first asks for them with the
-- openssl command, in a folder of their own that is removed at the end.
local Certificates = {}
Certificates.__index = Certificates

local script = [[
set -e
cd '%s'
key() { openssl ecparam -name prime256v1 -genkey -noout -out $1.key; }
sign() { # name, subject, authority, days, extension
  key $1
  openssl req -new -key $1.key -subj "/CN=$2" -out $1.csr
  printf '%%s\n' "$5" > $1.ext
  openssl x509 -req -in $1.csr -CA $3.pem -CAkey $3.key -set_serial 0x$(openssl rand -hex 8) \
    -days $4 -extfile $1.ext -out $1.pem
}
for ca in ca stranger; do
  key $ca
  openssl req -x509 -new -key $ca.key -subj "/CN=litellm specs $ca" -days 2 -out $ca.pem \
    -addext basicConstraints=critical,CA:TRUE
done
names=subjectAltName=DNS:localhost,DNS:gateway.test,IP:127.0.0.1
sign good localhost ca 2 $names
sign wrong_name elsewhere.test ca 2 subjectAltName=DNS:elsewhere.test
sign expired localhost ca -1 $names
sign unknown localhost stranger 2 $names
sign client spec-client ca 2 extendedKeyUsage=clientAuth
ln -s ca.pem $(openssl x509 -hash -noout -in ca.pem).0
]]

local function temporary_folder()
  local folder = os.tmpname()
  os.remove(folder)
  assert(os.execute("mkdir -m 700 '" .. folder .. "'"))
  return folder
end

local M = {}

function M.new(gateway)
  local folder = temporary_folder()
  local log = folder .. "/log"
  local ok = os.execute(("( %s ) >'%s' 2>&1"):format(script:format(folder), log))
  if ok ~= true and ok ~= 0 then
    error("openssl made no certificates:\n" .. io.open(log):read("*a"))
  end
  local self = setmetatable({
    gateway = gateway, folder = folder, ports = {}, ca_file = folder .. "/ca.pem",
    ca_path = folder, client_cert = folder .. "/client.pem", client_key = folder .. "/client.key",
  }, Certificates)
  gateway:order({ order = "remove_at_exit", folder = folder })
  return self
end

--- The port of the listener that shows this certificate.
function Certificates:port(name)
  if not self.ports[name] then
    local shown = (name == "mutual" or name == "old") and "good" or name
    self.ports[name] = self.gateway:order({
      order = "listen", id = self.gateway:new_id("s"),
      tls = {
        mode = "server", protocol = name == "old" and "tlsv1_2" or "any", key = self.folder .. "/" .. shown .. ".key",
        certificate = self.folder .. "/" .. shown .. ".pem", cafile = self.ca_file,
        verify = name == "mutual" and { "peer", "fail_if_no_peer_cert" } or "none",
        options = { "all", "no_sslv2", "no_sslv3" },
      },
    })
  end
  return self.ports[name]
end

return M
