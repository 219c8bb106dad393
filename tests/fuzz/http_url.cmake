tocsin_fuzz(http_url SOURCE "${CMAKE_CURRENT_LIST_DIR}/http_url_fuzz.cc" DEPENDS http)
