/* SPDX-License-Identifier: MIT */
/* setting_table FILE: writes the table of settings (src/policy/setting.h) as JSON, for
 * ci/releasing.
 *
 * It is compiled for the machine that builds, whatever it builds for, and does not ship. The texts
 * of the table are ASCII. */
#include "policy/setting.h"
#include "policy/setting_words.h"

#include <stdio.h>

static const char *const forms[] = {
    [SETTING_TEXT] = "text",       [SETTING_FILE] = "file",       [SETTING_FOLDER] = "folder",
    [SETTING_NUMBER] = "number",   [SETTING_SWITCH] = "switch",   [SETTING_CHOICE] = "choice",
    [SETTING_NAMES] = "names",     [SETTING_FOLDERS] = "folders", [SETTING_URL] = "url",
    [SETTING_CHANNEL] = "channel",
};

static const char *const rules[] = {
    [STRICTER_DEFAULT] = "default", [STRICTER_LOCAL] = "local", [STRICTER_LOWER] = "lower",
    [STRICTER_HIGHER] = "higher",   [STRICTER_FEWER] = "fewer", [STRICTER_BELOW] = "below",
};

static void print_unit(FILE *file, unsigned unit)
{
    if (unit == '"' || unit == '\\')
        fputc('\\', file);
    fputc((int)unit, file);
}

static void print_ascii(FILE *file, const char *text)
{
    fputc('"', file);
    for (; *text; text++)
        print_unit(file, (unsigned char)*text);
    fputc('"', file);
}

static void print_units(FILE *file, const char16_t *text)
{
    fputc('"', file);
    for (; *text; text++)
        print_unit(file, *text);
    fputc('"', file);
}

static void print_words(FILE *file, const struct setting_word *word)
{
    fprintf(file, "[");
    for (const char *comma = ""; word && word->word; word++, comma = ", ") {
        fputs(comma, file);
        print_units(file, word->word);
    }
    fprintf(file, "]");
}

static void print_setting(FILE *file, const struct setting *setting,
                          const struct setting_words *words)
{
    const bool is_below = setting->form == SETTING_FILE || setting->form == SETTING_FOLDER;
    char16_t units[SETTING_UNITS];
    struct text fallback = TEXT_ON(units);
    setting_append_default(setting, is_below ? u"<install>" : u"", &fallback);
    setting_end_folder(setting, &fallback);

    fprintf(file, "{\"name\": ");
    print_units(file, setting->name);
    fprintf(file, ", \"form\": \"%s\", \"title\": ", forms[setting->form]);
    print_ascii(file, words->title);
    fprintf(file, ",\n  \"description\": ");
    print_ascii(file, words->description);
    fprintf(file, ",\n  \"default\": ");
    if (setting->fallback)
        print_units(file, units);
    else
        fprintf(file, "null");
    fprintf(file, ", \"longest\": %u, \"least\": %u, \"most\": %u, \"words\": ",
            (unsigned)setting->units - 1, (unsigned)setting->least, (unsigned)setting->most);
    print_words(file, setting->words);
    if (setting->is_local_only)
        fprintf(file, ", \"stricter\": null}");
    else
        fprintf(file, ", \"stricter\": \"%s\"}", rules[setting->stricter]);
}

int main(int count, char **arguments)
{
    FILE *file = count == 2 ? fopen(arguments[1], "w") : NULL;
    if (!file)
        return 1;
    for (size_t i = 0; i < SETTINGS_COUNT; i++) {
        fputs(i ? ",\n" : "[\n", file);
        print_setting(file, &settings_table[i], &settings_words[i]);
    }
    fputs("\n]\n", file);
    return fclose(file) ? 1 : 0;
}
