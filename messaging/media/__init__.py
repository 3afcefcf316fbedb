"""Files of messages: fetched from the carrier, uploaded by people, judged by their bytes."""
