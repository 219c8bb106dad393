tocsin_fuzz(remote_read SOURCE "${CMAKE_CURRENT_LIST_DIR}/remote_read_fuzz.cc"
  DEPENDS base model storage remote)
