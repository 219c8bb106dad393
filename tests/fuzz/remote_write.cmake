tocsin_fuzz(remote_write SOURCE "${CMAKE_CURRENT_LIST_DIR}/remote_write_fuzz.cc"
  DEPENDS base model storage telemetry remote)
