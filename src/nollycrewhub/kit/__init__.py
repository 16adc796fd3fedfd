"""Small pure things that everybody may know: money, time, ids, paging, text, places, crafts."""
