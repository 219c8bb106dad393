tocsin_fuzz(yaml_config SOURCE "${CMAKE_CURRENT_LIST_DIR}/yaml_config_fuzz.cc" DEPENDS config)
