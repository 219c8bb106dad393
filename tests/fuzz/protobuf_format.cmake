tocsin_fuzz(protobuf_format SOURCE "${CMAKE_CURRENT_LIST_DIR}/protobuf_format_fuzz.cc"
  DEPENDS exposition)
