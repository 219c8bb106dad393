tocsin_fuzz(http_response SOURCE "${CMAKE_CURRENT_LIST_DIR}/http_response_fuzz.cc" DEPENDS http)
