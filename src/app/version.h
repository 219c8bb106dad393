#pragma once

namespace tocsin::app {

inline constexpr char kVersion[] = TOCSIN_VERSION;
/// The Prometheus and Alertmanager whose behaviour is offered: Grafana and amtool pick features by
/// it.
inline constexpr char kPrometheusVersion[] = "3.14.0";
inline constexpr char kAlertmanagerVersion[] = "0.34.0";

}  // namespace tocsin::app
