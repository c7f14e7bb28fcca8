// The pinyin of Chinese characters, without tones. Browsers sort Chinese by pinyin: a character has the syllable of the
// last of these that does not sort after it. Of several readings only the one that it is sorted by is known.
const FIRST_CHARACTERS =
  "a阿ai哎an安ang肮ao凹ba丷bai挀ban扳bang邦bao勹bei卑ben奔beng伻bi屄bian边biao灬bie憋bin汃bing冫bo癶bu峬ca嚓cai偲can参cang仓cao撡ce冊" +
  "cen嵾ceng曽cha叉chai芆chan辿chang伥chao抄che车chen抻cheng阷chi吃chong充chou抽chu出chua歘chuai揣chuan巛chuang刅chui吹chun旾" +
  "chuo逴ci呲cong匆cou凑cu粗cuan汆cui崔cun邨cuo搓da咑dai呆dan丹dang当dao刀de嘚den扥deng灯di氐dian敁diao刁die爹ding丁diu丟dong东dou吺" +
  "du厾duan耑dui垖dun吨duo多e妸ei诶en奀er儿fa发fan帆fang匚fei飞fen分feng丰fo仏fou紑fu夫ga旮gai侅gan甘gang冈gao皋ge戈gei给gen根geng刯" +
  "gong工gou勾gu估gua瓜guai乖guan关guang光gui归gun丨guo呙ha哈hai咍han佄hang夯hao茠he诃hei黒hen拫heng亨hong叿hou齁hu乎hua花huai怀" +
  "huan欢huang巟hui灰hun昏huo吙ji丌jia加jian戋jiang江jiao艽jie阶jin巾jing坕jiong冂jiu丩ju凥juan姢jue噘jun军ka咔kai开kan刊kang忼" +
  "kao尻ke匼ken肎keng劥kong空kou抠ku扝kua夸kuai蒯kuan宽kuang匡kui亏kun坤kuo扩la垃lai来lan兰lang啷lao捞le仂lei勒leng崚li哩lia俩lian奁" +
  "liang良liao撩lie毟lin拎ling伶liu溜long龙lou瞜lu噜lv驴luan娈lve掠lun抡luo啰ma妈mai埋man嫚mang牤mao猫me嚒mei呅men椚meng擝mi咪mian宀" +
  "miao喵mie乜min民ming名miu谬mo摸mou哞mu毪na拏nai腉nan囡nang囔nao孬ne疒nei娞nen恁neng能ni妮nian拈niang娘niao鸟nie捏nin囜ning宁niu妞" +
  "nong农nou羺nu奴nv女nuan奻nve疟nuo郍o喔ou讴pa妑pai拍pan眅pang乓pao抛pei呸pen喷peng匉pi丕pian囨piao剽pie氕pin姘ping乒po钋pou剖pu仆" +
  "qi七qia掐qian千qiang呛qiao悄qie苆qin亲qing靑qiong卭qiu丘qu区quan奍que缺qun夋ran呥rang穣rao娆re惹ren人reng扔ri日rong戎rou厹ru邚" +
  "ruan堧rui婑run瞤ruo捼sa仨sai毢san三sang桒sao掻se閪sen森seng僧sha杀shai筛shan山shang伤shao弰she奢shei谁shen申sheng升shi尸shou収" +
  "shu书shua刷shuai衰shuan闩shuang双shui脽shun吮shuo说si厶song忪sou凁su苏suan狻sui夊sun孙suo唆ta他tai囼tan坍tang汤tao夲te忑teng熥" +
  "ti剔tian天tiao旫tie帖ting厅tong囲tou偷tu凸tuan湍tui推tun吞tuo乇wa屲wai歪wan弯wang尣wei危wen昷weng翁wo挝wu乌xi夕xia虲xian仙xiang乡" +
  "xiao灱xie些xin心xing星xiong凶xiu休xu吁xuan吅xue削xun坃ya丫yan恹yang央yao幺ye倻yi一yin囙ying应yo哟yong佣you优yu込yuan囦yue曰yun晕" +
  "za帀zai災zan兂zang匨zao傮ze则zei贼zen怎zeng増zha扎zhai夈zhan枬zhang张zhao佋zhe蜇zhen贞zheng凧zhi之zhong中zhou州zhu朱zhua抓" +
  "zhuai跩zhuan专zhuang妆zhui隹zhun宒zhuo拙zi乲zong宗zou邹zu租zuan钻zui厜zun尊zuo昨";

const IDEOGRAPH = /[\u4e00-\u9fff]/;
const { compare } = new Intl.Collator("zh-Hans-u-co-pinyin");
const sortsByPinyin = Intl.Collator.supportedLocalesOf("zh-Hans").length > 0;
const boundaries = [...FIRST_CHARACTERS.matchAll(/([a-z]+)(.)/gu)].map(([, syllable, first]) => ({ syllable, first }));
/** @type {Map<string, string>} */
const known = new Map();

/** @param {string} text */
export const hasIdeographs = (text) => IDEOGRAPH.test(text);

/** @param {string} character */
function findSyllable(character) {
  let [low, high] = [0, boundaries.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compare(boundaries[middle].first, character) <= 0) low = middle + 1;
    else high = middle;
  }
  return boundaries[low - 1]?.syllable ?? "";
}

/**
 * The syllable of a Chinese character; any other character itself.
 * @param {string} character
 */
export function getPinyin(character) {
  if (!sortsByPinyin || !hasIdeographs(character)) return character;
  const syllable = known.get(character) ?? findSyllable(character);
  known.set(character, syllable);
  return syllable;
}

/**
 * The syllables of a text with Chinese characters; of any other none.
 * @param {string} text
 */
export const readSyllables = (text) => (hasIdeographs(text) ? [...text].map(getPinyin) : []);

/**
 * Where letters spell characters that follow each other, each by its syllable or the beginning of it: "zw", "zhw" and
 * "zhangwei" spell 张伟. -1: nowhere.
 * @param {string[]} syllables
 * @param {string} letters
 */
export const findSpelled = (syllables, letters) =>
  syllables.findIndex((syllable, start) => syllable[0] === letters[0] && isSpelledFrom(syllables, start, letters));

/**
 * @param {string[]} syllables
 * @param {number} start
 * @param {string} letters
 */
function isSpelledFrom(syllables, start, letters) {
  let reached = new Set([0]); // how many letters the characters so far may have taken
  for (let at = start; at < syllables.length && reached.size; at += 1) {
    const syllable = syllables[at];
    /** @type {Set<number>} */
    const next = new Set();
    for (const taken of reached)
      for (let size = 1; size <= syllable.length && letters.startsWith(syllable.slice(0, size), taken); size += 1)
        next.add(taken + size);
    if (next.has(letters.length)) return true;
    reached = next;
  }
  return false;
}
