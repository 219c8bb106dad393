tocsin_fuzz(openmetrics SOURCE "${CMAKE_CURRENT_LIST_DIR}/openmetrics_fuzz.cc" DEPENDS exposition)
