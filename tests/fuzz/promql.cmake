tocsin_fuzz(promql SOURCE "${CMAKE_CURRENT_LIST_DIR}/promql_fuzz.cc" DEPENDS promql)
