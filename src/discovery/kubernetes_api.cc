#include "discovery/kubernetes_api.h"

#include <algorithm>

#include "config/yaml_parser.h"
#include "http/client_config.h"
#include "http/url.h"

namespace tocsin::discovery::kubernetes {
namespace {

using config::YamlNode;

// Where every pod finds the account it runs as.
constexpr const char* kAccountDirectory = "/var/run/secrets/kubernetes.io/serviceaccount";
constexpr uint64_t kMaxFileBytes = 4 << 20;

std::string WithoutSlash(std::string url) {
  while (url.ends_with('/')) url.pop_back();
  return url;
}

std::string Variable(const DiscoveryEnvironment& environment, const std::string& name) {
  return environment.read_variable ? environment.read_variable(name) : "";
}

// The name of the server in the cluster's DNS serves where the variables are not known.
std::string InClusterUrl(const DiscoveryEnvironment& environment) {
  const std::string host = Variable(environment, "KUBERNETES_SERVICE_HOST");
  const std::string port = Variable(environment, "KUBERNETES_SERVICE_PORT");
  if (host.empty() || port.empty()) return "https://kubernetes.default.svc";
  const bool is_ipv6 = host.find(':') != std::string::npos;
  return fmt::format("https://{}{}{}:{}", is_ipv6 ? "[" : "", host, is_ipv6 ? "]" : "", port);
}

Result<ApiServer> InCluster(const config::KubernetesDiscoveryConfig& config,
                            const DiscoveryEnvironment& environment) {
  const std::string directory = kAccountDirectory;
  if (!environment.fs.Exists(directory + "/token")) {
    return Error(ErrorCode::kNotFound,
                 "unable to load in-cluster configuration, KUBERNETES_SERVICE_HOST and "
                 "KUBERNETES_SERVICE_PORT must be defined");
  }
  auto options = std::make_shared<http::ClientOptions>();
  options->authorization_credentials_file = directory + "/token";
  options->tls.ca_file = directory + "/ca.crt";
  ApiServer server{InClusterUrl(environment), std::move(options), ""};
  if (!config.namespaces.own_namespace) return server;
  auto name = environment.fs.ReadFile(directory + "/namespace", kMaxFileBytes);
  if (!name) return name.error().WithContext("could not determine the pod's namespace");
  if (name->empty()) {
    return Error(ErrorCode::kInvalidArgument, "could not read own namespace name (empty file)");
  }
  server.own_namespace = std::move(*name);
  return server;
}

std::string Text(const YamlNode* node, std::string_view key) {
  const YamlNode* value = node == nullptr ? nullptr : node->Find(key);
  return value == nullptr ? "" : value->text;
}

// The `body` of the entry of `list` with this name.
const YamlNode* FindNamed(const YamlNode& root, std::string_view list, const std::string& name,
                          std::string_view body) {
  const YamlNode* entries = root.Find(list);
  if (entries == nullptr) return nullptr;
  for (const YamlNode& entry : entries->items) {
    if (Text(&entry, "name") == name) return entry.Find(body);
  }
  return nullptr;
}

Result<std::string> DecodeBase64(std::string_view text) {
  static constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string bytes;
  uint32_t bits = 0;
  int bit_count = 0;
  for (const char c : text) {
    if (c == '=' || c == '\n' || c == '\r' || c == ' ') continue;
    const size_t digit = kDigits.find(c);
    if (digit == std::string_view::npos) {
      return Error(ErrorCode::kInvalidArgument, "kubeconfig holds invalid base64");
    }
    bits = (bits << 6 | static_cast<uint32_t>(digit)) & 0xFFFFFF;
    bit_count += 6;
    if (bit_count < 8) continue;
    bit_count -= 8;
    bytes += static_cast<char>(bits >> bit_count & 0xFF);
  }
  return bytes;
}

std::string BesideFile(const std::string& file, const std::string& path) {
  if (path.empty() || path.front() == '/') return path;
  return file.substr(0, file.rfind('/') + 1) + path;
}

Status ReadCluster(const YamlNode& cluster, const std::string& file, http::ClientOptions& options) {
  options.tls.ca_file = BesideFile(file, Text(&cluster, "certificate-authority"));
  TOCSIN_ASSIGN_OR_RETURN(options.tls.ca,
                          DecodeBase64(Text(&cluster, "certificate-authority-data")));
  options.tls.server_name = Text(&cluster, "tls-server-name");
  options.tls.insecure_skip_verify = Text(&cluster, "insecure-skip-tls-verify") == "true";
  options.proxy_url = Text(&cluster, "proxy-url");
  return {};
}

Status ReadUser(const YamlNode* user, const std::string& file, http::ClientOptions& options) {
  if (user == nullptr) return {};
  for (const char* key : {"exec", "auth-provider"}) {
    if (user->Find(key) == nullptr) continue;
    return Errorf(ErrorCode::kUnimplemented, "{}: users with \"{}\" are not supported", file, key);
  }
  options.authorization_credentials = Text(user, "token");
  options.authorization_credentials_file = BesideFile(file, Text(user, "tokenFile"));
  options.tls.cert_file = BesideFile(file, Text(user, "client-certificate"));
  options.tls.key_file = BesideFile(file, Text(user, "client-key"));
  TOCSIN_ASSIGN_OR_RETURN(options.tls.cert, DecodeBase64(Text(user, "client-certificate-data")));
  TOCSIN_ASSIGN_OR_RETURN(options.tls.key, DecodeBase64(Text(user, "client-key-data")));
  if (const std::string name = Text(user, "username"); !name.empty()) {
    options.basic_auth.emplace(name, Text(user, "password"));
  }
  return {};
}

}  // namespace

Result<ApiServer> ParseKubeconfig(std::string_view text, const std::string& path) {
  TOCSIN_ASSIGN_OR_RETURN(const YamlNode root, config::ParseYaml(text, path));
  const std::string current = Text(&root, "current-context");
  const YamlNode* context = FindNamed(root, "contexts", current, "context");
  if (context == nullptr) {
    return Errorf(ErrorCode::kInvalidArgument, "{}: context \"{}\" does not exist", path, current);
  }
  const std::string cluster_name = Text(context, "cluster");
  const YamlNode* cluster = FindNamed(root, "clusters", cluster_name, "cluster");
  if (cluster == nullptr || Text(cluster, "server").empty()) {
    return Errorf(ErrorCode::kInvalidArgument, "{}: no server for cluster \"{}\"", path,
                  cluster_name);
  }
  auto options = std::make_shared<http::ClientOptions>();
  TOCSIN_RETURN_IF_ERROR(ReadCluster(*cluster, path, *options));
  TOCSIN_RETURN_IF_ERROR(
      ReadUser(FindNamed(root, "users", Text(context, "user"), "user"), path, *options));
  return ApiServer{WithoutSlash(Text(cluster, "server")), std::move(options), ""};
}

Result<ApiServer> FindApiServer(const config::KubernetesDiscoveryConfig& config,
                                const DiscoveryEnvironment& environment) {
  if (!config.kubeconfig_file.empty()) {
    TOCSIN_ASSIGN_OR_RETURN(const std::string text,
                            environment.fs.ReadFile(config.kubeconfig_file, kMaxFileBytes));
    return ParseKubeconfig(text, config.kubeconfig_file);
  }
  if (config.api_server.empty()) return InCluster(config, environment);
  TOCSIN_ASSIGN_OR_RETURN(http::ClientOptions options, http::MakeClientOptions(config.http_client));
  options.enable_http2 = false;  // As upstream: a watch keeps its connection to itself.
  return ApiServer{WithoutSlash(config.api_server),
                   std::make_shared<const http::ClientOptions>(std::move(options)), ""};
}

std::string ResourcePath(Resource resource, const std::string& namespace_name) {
  static constexpr std::pair<std::string_view, std::string_view> kPaths[kResourceCount] = {
      {"/api/v1", "nodes"},
      {"/api/v1", "pods"},
      {"/api/v1", "services"},
      {"/api/v1", "endpoints"},
      {"/apis/discovery.k8s.io/v1", "endpointslices"},
      {"/apis/networking.k8s.io/v1", "ingresses"},
      {"/api/v1", "namespaces"},
      {"/apis/apps/v1", "replicasets"},
      {"/apis/batch/v1", "jobs"},
  };
  const auto& [group, name] = kPaths[static_cast<size_t>(resource)];
  if (namespace_name.empty()) return fmt::format("{}/{}", group, name);
  return fmt::format("{}/namespaces/{}/{}", group, http::PathEscape(namespace_name), name);
}

}  // namespace tocsin::discovery::kubernetes
