tocsin_fuzz(zookeeper_message SOURCE "${CMAKE_CURRENT_LIST_DIR}/zookeeper_message_fuzz.cc" DEPENDS discovery)
