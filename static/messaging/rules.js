// A route that is added to the page gets its drop-downs as the others have them.
document.addEventListener("formset:added", (event) => {
  const $ = window.django?.jQuery;
  if ($) $(event.target).find(".unfold-admin-autocomplete").djangoCustomSelect2();
});
