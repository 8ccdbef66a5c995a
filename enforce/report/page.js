/* SPDX-License-Identifier: Apache-2.0 */
(function () {
  'use strict';
  var body = document.querySelector('tbody'), rows = Array.from(body.rows);
  var text = document.querySelector('input'), verdict = document.querySelector('select'), told = document.querySelector('output');
  var buttons = Array.from(document.querySelectorAll('button.row')), heads = Array.from(document.querySelectorAll('th'));
  var chosen = '';

  function show() {
    var words = text.value.toLowerCase(), n = 0;
    rows.forEach(function (row) {
      var fits = (!verdict.value || row.dataset.verdict === verdict.value) &&
        (!chosen || (' ' + row.dataset.unhealthy + ' ').indexOf(' ' + chosen + ' ') >= 0) &&
        (!words || row.textContent.toLowerCase().indexOf(words) >= 0);
      row.hidden = !fits;
      n += fits ? 1 : 0;
    });
    told.textContent = n + ' of ' + rows.length;
  }

  function key(row, column) {
    var cell = row.cells[column];
    return cell.dataset.key === undefined ? cell.textContent.trim().toLowerCase() : Number(cell.dataset.key);
  }

  heads.forEach(function (head, column) {
    var button = head.querySelector('button');
    if (!button) { return; }
    button.addEventListener('click', function () {
      var down = head.getAttribute('aria-sort') === 'ascending';
      heads.forEach(function (other) { other.removeAttribute('aria-sort'); });
      head.setAttribute('aria-sort', down ? 'descending' : 'ascending');
      rows.sort(function (a, b) {
        var x = key(a, column), y = key(b, column);
        return (x < y ? -1 : x > y ? 1 : 0) * (down ? -1 : 1);
      });
      rows.forEach(function (row) { body.appendChild(row); });
    });
  });

  buttons.forEach(function (button) {
    button.addEventListener('click', function () {
      chosen = chosen === button.dataset.row ? '' : button.dataset.row;
      buttons.forEach(function (other) { other.setAttribute('aria-pressed', String(other.dataset.row === chosen)); });
      show();
    });
  });
  text.addEventListener('input', show);
  verdict.addEventListener('change', show);
  show();
}());
